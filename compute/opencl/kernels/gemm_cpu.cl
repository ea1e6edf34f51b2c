// C[m, n] = sum over k of A[m, k] * B[k, n], plus bias[n] where there is one. For processors: one work-item computes rows
// m0 to m1 of columns n0 to n1, at most DEPTH products of every sum at a time. It packs B, however B lies, into a panel of
// PANEL = VECTORS * WIDTH columns that fits the first cache, and multiplies ROWS rows of A by it at a time, with all
// their sums in registers. PACKED: it packs its rows of A as well, into what fits the second cache. That pays where many
// panels use them, above all where rows lie a power of two apart, and so take each other's place in a cache. Nothing is
// shared, so there is no local memory and no barrier. Rows beyond the last are the last one again, columns beyond the
// last are 0: both are computed and not stored, so that the inner loop has no edges.
#define PANEL (VECTORS * WIDTH)
#if PACKED
#define LEAD (DEPTH + 16)
#define LEFT_SPACE
#define LEFT_ROW(m) packed + ((m) - m0) * LEAD
#define LEFT_K 1
#else
#define LEFT_SPACE __global
#define LEFT_ROW(m) a + (size_t)(m) * a_m + (size_t)k0 * a_k
#define LEFT_K a_k
#endif

// Copies a matrix to rows that lie `lead` apart, by vectors where its rows or its columns are whole in memory. The last
// vector overlaps the one before it where it must.
static void NAME_pack(
    REAL *to, const int lead, __global const REAL *from, const int from_r, const int from_c, const int rows, const int columns)
{
    if (from_c == 1 && columns >= WIDTH) {
        #pragma unroll 1
        for (int r = 0; r < rows; r++) {
            #pragma unroll 1
            for (int at = 0; at < columns; at += WIDTH) {
                const int c = min(at, columns - WIDTH);
                VSTORE(VLOAD(0, from + (size_t)r * from_r + c), 0, to + (size_t)r * lead + c);
            }
        }
#if ZIPPED
    } else if (from_r == 1 && rows >= WIDTH && columns >= WIDTH) {
        #pragma unroll 1
        for (int below = 0; below < rows; below += WIDTH) {
            const int r = min(below, rows - WIDTH);
            #pragma unroll 1
            for (int at = 0; at < columns; at += WIDTH) {
                const int c = min(at, columns - WIDTH);
                REALV x[WIDTH], zipped[WIDTH];
                #pragma unroll
                for (int i = 0; i < WIDTH; i++) x[i] = VLOAD(0, from + r + (size_t)(c + i) * from_c);
                // Zipping the first half of the vectors with the second, as often as it takes, transposes them.
                #pragma unroll
                for (int turn = 1; turn < WIDTH; turn *= 2) {
                    #pragma unroll
                    for (int i = 0; i < WIDTH / 2; i++) {
                        zipped[2 * i].even = x[i].lo;
                        zipped[2 * i].odd = x[i + WIDTH / 2].lo;
                        zipped[2 * i + 1].even = x[i].hi;
                        zipped[2 * i + 1].odd = x[i + WIDTH / 2].hi;
                    }
                    #pragma unroll
                    for (int i = 0; i < WIDTH; i++) x[i] = zipped[i];
                }
                #pragma unroll
                for (int i = 0; i < WIDTH; i++) VSTORE(x[i], 0, to + (size_t)(r + i) * lead + c);
            }
        }
#endif
    } else {
        #pragma unroll 1
        for (int c = 0; c < columns; c++) {
            #pragma clang loop vectorize(disable) unroll(disable)
            for (size_t r = 0; r < rows; r++) to[r * lead + c] = from[r * from_r + (size_t)c * from_c];
        }
    }
}

static void NAME_block(
    const int m0, const int m1, const int n0, const int n1, const int K,
    __global REAL *c, const int c_at, const int c_m, const int c_n,
    __global const REAL *a, const int a_at, const int a_m, const int a_k,
    __global const REAL *b, const int b_at, const int b_k, const int b_n,
    const int has_bias, __global const REAL *bias, const int bias_at, const int bias_n)
{
    REALV panel[DEPTH * VECTORS];
#if PACKED
    REAL packed[BLOCK * LEAD];
#endif
    a += a_at;
    b += b_at;
    c += c_at;
    bias += bias_at;
    const int parts = (K + DEPTH - 1) / DEPTH, deep = (K + parts - 1) / parts;
    for (int k0 = 0; k0 < K; k0 += deep) {
        const int depth = min(deep, K - k0);
#if PACKED
        NAME_pack(packed, LEAD, a + (size_t)m0 * a_m + (size_t)k0 * a_k, a_m, a_k, m1 - m0, depth);
#endif
        for (int n = n0; n < n1; n += PANEL) {
            const int width = min(PANEL, n1 - n);
            const int whole = c_n == 1 && width == PANEL && (bias_n == 1 || !has_bias);
            __global const REAL *from = b + (size_t)k0 * b_k + (size_t)n * b_n;
            if (b_n == 1 && width == PANEL) {
                #pragma unroll 1
                for (size_t k = 0; k < depth; k++) {
                    #pragma unroll
                    for (int v = 0; v < VECTORS; v++) panel[k * VECTORS + v] = VLOAD(v, from + k * b_k);
                }
            } else {
                #pragma unroll 1
                for (int i = 0; i < (width < PANEL ? depth * VECTORS : 0); i++) panel[i] = (REALV)(0);
                NAME_pack((REAL *)panel, PANEL, from, b_k, b_n, depth, width);
            }
            for (int m = m0; m < m1; m += ROWS) {
                LEFT_SPACE const REAL *row[ROWS];
                REALV sum[ROWS][VECTORS];
                #pragma unroll
                for (int i = 0; i < ROWS; i++) {
                    row[i] = LEFT_ROW(min(m + i, m1 - 1));
                    #pragma unroll
                    for (int v = 0; v < VECTORS; v++) sum[i][v] = (REALV)(0);
                }
#if PACKED
                // What these sums come to is on its way while they are added up.
                #pragma unroll
                for (int i = 0; i < ROWS; i++) prefetch(c + (size_t)min(m + i, m1 - 1) * c_m + (size_t)n * c_n, (size_t)PANEL);
                #pragma unroll 2
#else
                #pragma unroll 1
#endif
                for (size_t k = 0; k < depth; k++) {
                    REALV right[VECTORS];
                    #pragma unroll
                    for (int v = 0; v < VECTORS; v++) right[v] = panel[k * VECTORS + v];
                    #pragma unroll
                    for (int i = 0; i < ROWS; i++) {
                        const REAL one = row[i][k * LEFT_K];
                        #pragma unroll
                        for (int v = 0; v < VECTORS; v++) sum[i][v] += one * right[v];
                    }
                }
                // The first part of a sum starts from the bias, every further one from what is there.
                __global REAL *to = c + (size_t)m * c_m + (size_t)n * c_n;
                if (whole) {
                    #pragma unroll
                    for (int i = 0; i < ROWS; i++) {
                        if (m + i >= m1) continue;
                        #pragma unroll
                        for (int v = 0; v < VECTORS; v++) {
                            const REALV start = k0 ? VLOAD(v, to + (size_t)i * c_m) : has_bias ? VLOAD(v, bias + n) : (REALV)(0);
                            VSTORE(sum[i][v] + start, v, to + (size_t)i * c_m);
                        }
                    }
                } else {
                    REAL tile[ROWS * PANEL];
                    #pragma unroll
                    for (int i = 0; i < ROWS; i++) {
                        #pragma unroll
                        for (int v = 0; v < VECTORS; v++) VSTORE(sum[i][v], i * VECTORS + v, tile);
                    }
                    #pragma unroll 1
                    for (int i = 0; i < min(ROWS, m1 - m); i++) {
                        #pragma clang loop vectorize(disable) unroll(disable)
                        for (size_t j = 0; j < width; j++) {
                            __global REAL *one = to + (size_t)i * c_m + j * c_n;
                            *one = tile[i * PANEL + j] + (k0 ? *one : has_bias ? bias[(n + j) * bias_n] : (REAL)0);
                        }
                    }
                }
            }
        }
    }
}
#undef PANEL
#undef LEAD
#undef LEFT_SPACE
#undef LEFT_ROW
#undef LEFT_K
