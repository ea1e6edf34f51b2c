"""Functions of C that an exported source has where it needs them."""

from __future__ import annotations

HELPERS = {
    "larger": """
static float larger(float a, float b) {
    return a > b || a != a ? a : b;
}
""",
    "smaller": """
static float smaller(float a, float b) {
    return a < b || a != a ? a : b;
}
""",
    "relu": """
static float relu(float x) {
    return x < 0.0f ? 0.0f : x;
}
""",
    "sigmoid": """
static float sigmoid(float x) {
    float e = expf(-fabsf(x));
    return (x >= 0.0f ? 1.0f : e) / (1.0f + e);
}
""",
    "gelu": """
static float gelu(float x) {
    return x * 0.5f * erfcf(-x * 0.70710678f);
}
""",
    "softplus": """
static float softplus(float x) {
    return (x > 0.0f ? x : 0.0f) + log1pf(expf(-fabsf(x)));
}
""",
    "silu": """
static float silu(float x) {
    float e = expf(-fabsf(x));
    return x * (x >= 0.0f ? 1.0f : e) / (1.0f + e);
}
""",
    "mish": """
static float mish(float x) {
    return x * tanhf((x > 0.0f ? x : 0.0f) + log1pf(expf(-fabsf(x))));
}
""",
    "softmax": """
static void softmax(const float *x, float *y, int rows, int width) {
    for (int row = 0; row < rows; ++row, x += width, y += width) {
        float top = x[0], total = 0.0f;
        for (int j = 1; j < width; ++j) top = x[j] > top ? x[j] : top;
        for (int j = 0; j < width; ++j) total += y[j] = expf(x[j] - top);
        for (int j = 0; j < width; ++j) y[j] /= total;
    }
}
""",
    "log_softmax": """
static void log_softmax(const float *x, float *y, int rows, int width) {
    for (int row = 0; row < rows; ++row, x += width, y += width) {
        float top = x[0], total = 0.0f;
        for (int j = 1; j < width; ++j) top = x[j] > top ? x[j] : top;
        for (int j = 0; j < width; ++j) total += expf(x[j] - top);
        for (int j = 0; j < width; ++j) y[j] = x[j] - top - logf(total);
    }
}
""",
    "linear": """
/* weight: (inside, outside), row by row */
static void linear(const float *x, const float *weight, const float *bias, float *y, int inside, int outside) {
    for (int j = 0; j < outside; ++j) y[j] = bias ? bias[j] : 0.0f;
    for (int i = 0; i < inside; ++i) {
        for (int j = 0; j < outside; ++j) y[j] += x[i] * weight[i * outside + j];
    }
}
""",
    "linear_int8": """
/* x as whole numbers of 1/127 of its largest, so that the sums of products are whole numbers too */
static void linear_int8(const float *x, const int8_t *weight, const float *scale, const float *bias, float *y,
                        int inside, int outside) {
    float top = 0.0f;
    for (int i = 0; i < inside; ++i) top = fabsf(x[i]) > top ? fabsf(x[i]) : top;
    for (int i = 0; i < inside; ++i) whole[i] = top > 0.0f ? (int8_t)lrintf(x[i] / top * 127.0f) : 0;
    for (int j = 0; j < outside; ++j) {
        int32_t total = 0;
        for (int i = 0; i < inside; ++i) total += whole[i] * weight[i * outside + j];
        y[j] = (float)total * (top / 127.0f) * scale[j] + (bias ? bias[j] : 0.0f);
    }
}
""",
    "matmul": """
static void matmul(const float *a, const float *b, float *y, int rows, int inside, int columns) {
    for (int i = 0; i < rows; ++i) {
        for (int j = 0; j < columns; ++j) {
            float total = 0.0f;
            for (int k = 0; k < inside; ++k) total += a[i * inside + k] * b[k * columns + j];
            y[i * columns + j] = total;
        }
    }
}
""",
    "past_mean": """
/* of so many rows, a number of each */
static float past_mean(const float *first, int width, int count) {
    float total = 0.0f;
    for (int i = 0; i < count; ++i) total += first[i * width];
    return total / (float)count;
}
""",
    "past_min": """
static float past_min(const float *first, int width, int count) {
    float found = first[0];
    for (int i = 1; i < count; ++i) found = smaller(found, first[i * width]);
    return found;
}
""",
    "past_max": """
static float past_max(const float *first, int width, int count) {
    float found = first[0];
    for (int i = 1; i < count; ++i) found = larger(found, first[i * width]);
    return found;
}
""",
    "conv1d": """
/* x: (steps, channels), weight: (size, channels, filters), with zeros before the first step */
static void conv1d(const float *x, const float *weight, float *y, int steps, int channels, int size, int filters,
                   int stride, int before, int last) {
    for (int at = 0; at < last; ++at) {
        for (int f = 0; f < filters; ++f) {
            float total = 0.0f;
            for (int k = 0; k < size; ++k) {
                int step = at * stride + k - before;
                for (int c = 0; c < channels && step >= 0 && step < steps; ++c) {
                    total += x[step * channels + c] * weight[(k * channels + c) * filters + f];
                }
            }
            y[at * filters + f] = total;
        }
    }
}
""",
}
"""By the word that needs it; ``max``, ``maximum``, ``past_max`` need larger, ``minimum``, ``past_min`` smaller."""

TEST = """
#include <stdio.h>
#include <stdlib.h>
#include "%(header)s"
#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#endif

int main(void) {
#ifdef _WIN32
    _setmode(0, _O_BINARY);
    _setmode(1, _O_BINARY);
#endif
    float *given = malloc(sizeof(float) * (%(given)d + 1)), *found = malloc(sizeof(float) * (%(found)d + 1));
    for (int row = 0; row < %(rows)d; ++row) {
        if (fread(given, sizeof(float), %(given)d, stdin) != %(given)d) return 1;
        %(call)s;
        fwrite(found, sizeof(float), %(found)d, stdout);
    }
    return 0;
}
"""
"""The program that runs an exported source on rows, float32 in and out."""
