"""A chain of dense layers as C that trains it: how fast a core can be, with nothing between it and the work.

Features × batch: entries of LANES rows lie beside each other and make a vector, so that no sum runs across one but
those of the weights' gradients. Every size is known to the compiler; sums stay in registers; a batch goes through in
tiles that stay in the first cache. The tanh is a quotient of polynomials (as Eigen's), exp and log are those of Cody
and Waite: all are accurate to a few units of float32's last place.
"""

from __future__ import annotations

from itertools import pairwise

from compute.benchmark.networks import LEARNING_RATE, Network

LANES = 16
TILE = 8
"""The most vectors of a batch that go through all layers at a time."""
SUMS = 16
"""Vectors of sums that stay in registers."""
ACTIVATIONS = {
    "tanh": ("v_tanh(z)", "(1 - a*a)"),
    "relu": ("v_where(z > 0, z, z - z)", "v_where(a > 0, a - a + 1, a - a)"),
    "sigmoid": ("(0.5f + 0.5f*v_tanh(0.5f*z))", "(a*(1 - a))"),
}
"""Value of z, and slope by the value a."""
_HEAD = """
#include <math.h>
#include <string.h>
typedef float V __attribute__((vector_size(64)));
typedef int W __attribute__((vector_size(64)));
#define EACH(i, n) _Pragma("GCC unroll 32") for (int i = 0; i < (n); i++)
static inline V v_where(W c, V a, V b) { return (V)((c & (W)a) | (~c & (W)b)); }
static inline V v_all(float x) { return x - (V){0}; }
static inline V v_tanh(V x) {
    const float most = 7.90531110763549805f;
    x = v_where(x > most, v_all(most), v_where(x < -most, v_all(-most), x));
    V s = x*x, p = s*-2.76076847742355e-16f + 2.00018790482477e-13f;
    p = p*s + -8.60467152213735e-11f; p = p*s + 5.12229709037114e-08f; p = p*s + 1.48572235717979e-05f;
    p = p*s + 6.37261928875436e-04f; p = p*s + 4.89352455891786e-03f;
    V q = s*1.19825839466702e-06f + 1.18534705686654e-04f;
    q = q*s + 2.26843463243900e-03f; q = q*s + 4.89352518554385e-03f;
    return x*p/q;
}
static inline V v_exp(V x) { /* of no more than 0 */
    x = v_where(x < -87.0f, v_all(-87.0f), x);
    W n = __builtin_convertvector(x*1.44269504f - 0.5f, W);
    V k = __builtin_convertvector(n, V), r = x - k*0.693359375f + k*2.12194440e-4f;
    V p = r*1.9875691500e-4f + 1.3981999507e-3f;
    p = p*r + 8.3334519073e-3f; p = p*r + 4.1665795894e-2f; p = p*r + 1.6666665459e-1f; p = p*r + 5.0000001201e-1f;
    return (p*r*r + r + 1)*(V)((n + 127) << 23);
}
static inline V v_log(V x) { /* of at least 1 */
    W bits = (W)x, n = (bits >> 23) - 127;
    V y = (V)((bits & 0x7fffff) | 0x3f800000);
    W high = y > 1.41421356f;
    y = v_where(high, y*0.5f, y); n -= high;
    V s = (y - 1)/(y + 1), q = s*s, p = q*(1/11.0f) + 1/9.0f;
    p = p*q + 1/7.0f; p = p*q + 1/5.0f; p = p*q + 1/3.0f;
    return __builtin_convertvector(n, V)*0.69314718f + 2*(p*q*s + s);
}
static inline V v_pairs(V a, V b) { /* the sums of neighbours in a, behind them those in b */
    return __builtin_shufflevector(a, b, 0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30)
         + __builtin_shufflevector(a, b, 1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31);
}
static inline V v_sums(V s[16]) { /* lane i: the sum of all lanes of s[i] */
    EACH(i, 8) s[i] = v_pairs(s[2*i], s[2*i + 1]);
    EACH(i, 4) s[i] = v_pairs(s[2*i], s[2*i + 1]);
    EACH(i, 2) s[i] = v_pairs(s[2*i], s[2*i + 1]);
    return v_pairs(s[0], s[1]);
}
"""


def fits(network: Network) -> bool:
    """Whether there is C for it: dense layers one after the other, with a batch that fills vectors."""
    known = len(network.middle) == 1 and network.middle[0] in ACTIVATIONS
    return known and network.form == "chain" and network.batch % LANES == 0


def text(network: Network) -> str:
    """The source. Its function ``train`` takes how many steps, the row numbers of all batches one behind the other, how
    many batches, rows of x and y, the weights one after the other (changed), zeros for what an optimizer remembers,
    twice as many as weights, the step to begin with, and where the losses go."""
    return _Text(network).whole()


class _Text:
    def __init__(self, network: Network) -> None:
        self._of, self._layers = network, list(pairwise(network.sizes))
        vectors = network.batch // LANES
        self._tile = _divisor(vectors, TILE)
        self._tiles = vectors // self._tile
        self._starts, at = list[tuple[int, int]](), 0
        for inputs, units in self._layers:
            self._starts.append((at, at + inputs * units))
            at += inputs * units + units
        self._count = at

    def whole(self) -> str:
        """All of it."""
        of, tile = self._of, self._tile
        sizes = of.sizes
        values = [f"    V a{i}[{size}][{tile}], d{i}[{size}][{tile}];" for i, size in enumerate(sizes)]
        last = len(sizes) - 1
        single = of.regression or sizes[-1] == 1
        body = [
            *values,
            "    float total = 0;",
            f"    memset(g, 0, sizeof(float)*{-(-self._count // LANES) * LANES});",
            f"    for (int tile = 0; tile < {self._tiles}; tile++) {{",
            f"    const int *at = rows + tile*{tile * LANES};",
            f"    for (int b = 0; b < {tile * LANES}; b++) {{",
            f"        const float *row = x + (long)at[b]*{sizes[0]};",
            f"        for (int i = 0; i < {sizes[0]}; i++) ((float *)a0[i])[b] = row[i];",
            "    }",
            *(line for i in range(last) for line in self._forward(i)),
            *self._loss(last, single),
            *(line for i in reversed(range(last)) for line in self._backward(i)),
            "    }",
        ]
        kind = "float" if single else "int"
        return "\n".join(
            [
                _HEAD,
                f"static float step(const int *rows, const float *x, const {kind} *y, float *p, float *g) {{",
                *body,
                "    return total;",
                "}",
                f"void train(int steps, const int *batches, int count, const float *x, const {kind} *y, float *p, "
                "float *state, double t, float *losses) {",
                f"    static float g[{self._count + LANES}] __attribute__((aligned(64)));",
                f"    float *m = state, *v = state + {self._count};",
                "    for (int s = 0; s < steps; s++) {",
                f"        losses[s] = step(batches + (long)(s % count)*{of.batch}, x, y, p, g);",
                *self._update(),
                "    }",
                "}",
            ]
        )

    def _forward(self, i: int) -> list[str]:
        inputs, units = self._layers[i]
        weight, bias = self._starts[i]
        last = i == len(self._layers) - 1
        value = "z" if last else ACTIVATIONS[self._of.middle[0]][0]
        finish = f"V z = s[j][v]; a{i + 1}[j0 + j][v0 + v] = {value};"
        return self._product(units, inputs, f"v_all(p[{bias} + j0 + j])", f"p[{weight} + k*{units} + j0 + j]", f"a{i}",
                             finish)  # fmt: skip

    def _backward(self, i: int) -> list[str]:
        inputs, units = self._layers[i]
        weight, bias = self._starts[i]
        tile = self._tile
        lines = self._weights(i, weight, inputs, units)
        lines += [
            f"    for (int j = 0; j < {units}; j++) {{",
            "        V s = {0};",
            f"        EACH(v, {tile}) s += d{i + 1}[j][v];",
            f"        EACH(lane, {LANES}) g[{bias} + j] += s[lane];",
            "    }",
        ]
        if i:
            slope = ACTIVATIONS[self._of.middle[0]][1]
            finish = f"V a = a{i}[j0 + j][v0 + v]; d{i}[j0 + j][v0 + v] = s[j][v]*{slope};"
            lines += self._product(inputs, units, "(V){0}", f"p[{weight} + (j0 + j)*{units} + k]", f"d{i + 1}", finish)
        return lines

    def _product(self, results: int, terms: int, start: str, factor: str, entries: str, finish: str) -> list[str]:
        """Sums over k of a weight times entries, so many as registers hold at a time."""
        beside = _divisor(self._tile, 4)
        rows = _divisor(results, SUMS // beside)
        return [
            f"    for (int j0 = 0; j0 < {results}; j0 += {rows})",
            f"    for (int v0 = 0; v0 < {self._tile}; v0 += {beside}) {{",
            f"        V s[{rows}][{beside}];",
            f"        EACH(j, {rows}) EACH(v, {beside}) s[j][v] = {start};",
            f"        for (int k = 0; k < {terms}; k++)",
            f"            EACH(j, {rows}) EACH(v, {beside}) s[j][v] += {factor}*{entries}[k][v0 + v];",
            f"        EACH(j, {rows}) EACH(v, {beside}) {{ {finish} }}",
            "    }",
        ]

    def _weights(self, i: int, start: int, inputs: int, units: int) -> list[str]:
        """Gradients of weights: of LANES at a time, each with a vector of its own for its sum."""
        tile, a, d = self._tile, f"a{i}", f"d{i + 1}"
        if units % LANES == 0:
            return [
                f"    for (int i = 0; i < {inputs}; i++)",
                f"    for (int j0 = 0; j0 < {units}; j0 += {LANES}) {{",
                f"        V s[{LANES}];",
                f"        EACH(j, {LANES}) s[j] = {a}[i][0]*{d}[j0 + j][0];",
                f"        for (int v = 1; v < {tile}; v++) EACH(j, {LANES}) s[j] += {a}[i][v]*{d}[j0 + j][v];",
                _added(f"{start} + i*{units} + j0", LANES),
                "    }",
            ]
        lines = []
        for first in range(0, inputs * units, LANES):
            those = range(first, min(first + LANES, inputs * units))
            lines += [f"    {{ V s[{LANES}] = {{0}};", f"    for (int v = 0; v < {tile}; v++) {{"]
            lines += [f"        s[{n}] += {a}[{at // units}][v]*{d}[{at % units}][v];" for n, at in enumerate(those)]
            lines += ["    }", _added(f"{start + first}", len(those)), "    }"]
        return lines

    def _loss(self, last: int, single: bool) -> list[str]:
        of, tile, units = self._of, self._tile, self._of.sizes[-1]
        z, d = f"a{last}", f"d{last}"
        lines = [f"    for (int v = 0; v < {tile}; v++) {{", "    V one = {0};"]
        if single:
            share = of.batch * units if of.regression else of.batch
            lines += [f"    for (int j = 0; j < {units}; j++) {{", "    V t;"]
            lines += [f"    for (int l = 0; l < {LANES}; l++) t[l] = y[(long)at[v*{LANES} + l]*{units} + j];"]
            lines += [f"    V z = {z}[j][v];"]
            if of.regression:
                lines += [f"    one += (z - t)*(z - t)/{share}; {d}[j][v] = (z - t)*(2.0f/{share});"]
            else:
                lines += [
                    "    V e = v_exp(v_where(z > 0, -z, z)), q = 1/(1 + e);",
                    f"    one += (v_where(z > 0, z, z - z) - z*t + v_log(1 + e))/{share};",
                    f"    {d}[j][v] = (v_where(z > 0, q, e*q) - t)*(1.0f/{share});",
                ]
            lines += ["    }"]
        else:
            lines += [
                f"    W t; for (int l = 0; l < {LANES}; l++) t[l] = y[at[v*{LANES} + l]];",
                f"    V top = {z}[0][v], sum = {{0}}, right = {{0}};",
                f"    for (int j = 1; j < {units}; j++) top = v_where({z}[j][v] > top, {z}[j][v], top);",
                f"    for (int j = 0; j < {units}; j++) {{",
                f"        V z = {z}[j][v] - top, e = v_exp(z);",
                f"        sum += e; right += v_where(t == j, z, z - z); {d}[j][v] = e;",
                "    }",
                f"    one = (v_log(sum) - right)*(1.0f/{of.batch}); sum = 1/sum;",
                f"    for (int j = 0; j < {units}; j++)",
                f"        {d}[j][v] = ({d}[j][v]*sum - v_where(t == j, v_all(1), v_all(0)))*(1.0f/{of.batch});",
            ]
        return [*lines, f"    EACH(l, {LANES}) total += one[l];", "    }"]

    def _update(self) -> list[str]:
        rate, count = repr(LEARNING_RATE), self._count
        if self._of.optimizer == "sgd":
            return [f"        for (int i = 0; i < {count}; i++) p[i] -= {rate}f*g[i];"]
        return [
            "        t += 1;",
            f"        const float rate = {rate}/(1 - pow(0.9, t)), root = 1/sqrt(1 - pow(0.999, t));",
            f"        for (int i = 0; i < {count}; i++) {{",
            "            m[i] += (1 - 0.9f)*(g[i] - m[i]); v[i] = 0.999f*v[i] + (1 - 0.999f)*(g[i]*g[i]);",
            "            p[i] -= rate*m[i]/(sqrtf(v[i])*root + 1e-8f);",
            "        }",
        ]


def _added(at: str, count: int) -> str:
    """Sums of so many vectors, added to gradients."""
    if count == LANES:
        return f"        V w; memcpy(&w, g + {at}, 64); w += v_sums(s); memcpy(g + {at}, &w, 64);"
    return f"        V w = v_sums(s); EACH(l, {count}) g[{at} + l] += w[l];"


def _divisor(of: int, most: int) -> int:
    """The largest divisor that is no more."""
    return next(each for each in range(min(of, most), 0, -1) if of % each == 0)
