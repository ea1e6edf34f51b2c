// C[m, n] = sum over k of A[m, k] * B[k, n], plus bias[n] where there is one. For processors: one work-item computes rows
// m0 to m1 of the panel of PANEL = VECTORS * WIDTH columns that begins at n0. It packs DEPTH rows of B's panel, however B lies, into memory of
// its own that fits the first cache, and multiplies ROWS rows of A by it at a time, with all their sums in registers.
// Nothing is shared, so there is no local memory and no barrier. Rows beyond the last are the last one again, columns
// beyond the last are 0: both are computed and not stored, so that the inner loop has no edges.
#define PANEL (VECTORS * WIDTH)
static void NAME_panel(
    const int m0, const int m1, const int n0, const int M, const int N, const int K,
    __global REAL *c, const int c_at, const int c_m, const int c_n,
    __global const REAL *a, const int a_at, const int a_m, const int a_k,
    __global const REAL *b, const int b_at, const int b_k, const int b_n,
    const int has_bias, __global const REAL *bias, const int bias_at, const int bias_n)
{
    const int width = min(PANEL, N - n0);
    const int whole = c_n == 1 && width == PANEL && (bias_n == 1 || !has_bias);
    REAL panel[DEPTH * PANEL], tile[ROWS * PANEL];
    c += c_at + (size_t)n0 * c_n;
    b += b_at + (size_t)n0 * b_n;
    bias += bias_at + (size_t)n0 * bias_n;
    for (int k0 = 0; k0 < K; k0 += DEPTH) {
        const int depth = min(DEPTH, K - k0);
        __global const REAL *from = b + (size_t)k0 * b_k;
        if (b_n == 1 && width == PANEL) {
            #pragma unroll 1
            for (size_t k = 0; k < depth; k++) {
                #pragma unroll
                for (int v = 0; v < VECTORS; v++) VSTORE(VLOAD(v, from + k * b_k), v, panel + k * PANEL);
            }
        } else {
            #pragma unroll 1
            for (size_t n = 0; n < PANEL; n++) {
                #pragma clang loop vectorize(disable) unroll(disable)
                for (size_t k = 0; k < depth; k++) panel[k * PANEL + n] = n < width ? from[k * b_k + n * b_n] : (REAL)0;
            }
        }
        for (int m = m0; m < m1; m += ROWS) {
            __global const REAL *row[ROWS];
            REALV sum[ROWS][VECTORS];
            #pragma unroll
            for (int i = 0; i < ROWS; i++) {
                row[i] = a + a_at + (size_t)min(m + i, M - 1) * a_m + (size_t)k0 * a_k;
                #pragma unroll
                for (int v = 0; v < VECTORS; v++) sum[i][v] = (REALV)(0);
            }
            #pragma unroll 1
            for (size_t k = 0; k < depth; k++) {
                REALV right[VECTORS];
                #pragma unroll
                for (int v = 0; v < VECTORS; v++) right[v] = VLOAD(v, panel + k * PANEL);
                #pragma unroll
                for (int i = 0; i < ROWS; i++) {
                    const REAL left = row[i][k * a_k];
                    #pragma unroll
                    for (int v = 0; v < VECTORS; v++) sum[i][v] += left * right[v];
                }
            }
            #pragma unroll
            for (int i = 0; i < ROWS; i++) {
                #pragma unroll
                for (int v = 0; v < VECTORS; v++) VSTORE(sum[i][v], i * VECTORS + v, tile);
            }
            // The first part of the sum starts from the bias, every further one from what is there.
            #pragma unroll 1
            for (int i = 0; i < min(ROWS, m1 - m); i++) {
                __global REAL *to = c + (size_t)(m + i) * c_m;
                if (whole) {
                    #pragma unroll
                    for (int v = 0; v < VECTORS; v++) {
                        const REALV start = k0 ? VLOAD(v, to) : has_bias ? VLOAD(v, bias) : (REALV)(0);
                        VSTORE(VLOAD(i * VECTORS + v, tile) + start, v, to);
                    }
                } else {
                    #pragma clang loop vectorize(disable) unroll(disable)
                    for (size_t n = 0; n < width; n++) {
                        const REAL start = k0 ? to[n * c_n] : has_bias ? bias[n * bias_n] : (REAL)0;
                        to[n * c_n] = tile[i * PANEL + n] + start;
                    }
                }
            }
        }
    }
}
#undef PANEL
