// C[m, n] = sum over k of A[m, k] * B[k, n], plus bias[n] where there is one. For graphics processors: a work-group of
// SIDE x SIDE work-items computes a tile of (SIDE * EACH)^2 entries, EACH x EACH a work-item, from tiles of A and B in
// local memory. a_k_first, b_k_first: whether neighbours in memory are neighbours along k. What lies outside is 0.
// STACKED: the third axis counts the products of a stack, whose second axis is `inner` long.
#define TILE (SIDE * EACH)
__attribute__((reqd_work_group_size(SIDE, SIDE, 1)))
__kernel void NAME(
    const int M, const int N, const int K, const int a_k_first, const int b_k_first,
    __global REAL *c, const int c_at, const int c_m, const int c_n,
    __global const REAL *a, const int a_at, const int a_m, const int a_k,
    __global const REAL *b, const int b_at, const int b_k, const int b_n,
    const int has_bias, __global const REAL *bias, const int bias_at, const int bias_n
#if STACKED
    , const int inner, const int c_0, const int c_1, const int a_0, const int a_1, const int b_0, const int b_1
#endif
    )
{
    const int x = get_local_id(0), y = get_local_id(1), lane = y * SIDE + x;
    const int n0 = get_group_id(0) * TILE, m0 = get_group_id(1) * TILE;
    // One column of padding keeps the work-items of a group on different banks.
    __local REAL left[SIDE][TILE + 1], right[SIDE][TILE + 1];
    a += a_at;
    b += b_at;
    c += c_at;
#if STACKED
    const int s_0 = get_global_id(2) / inner, s_1 = get_global_id(2) % inner;
    a += s_0 * a_0 + s_1 * a_1;
    b += s_0 * b_0 + s_1 * b_1;
    c += s_0 * c_0 + s_1 * c_1;
#endif
    REAL sum[EACH][EACH];
    #pragma unroll
    for (int i = 0; i < EACH; i++) {
        #pragma unroll
        for (int j = 0; j < EACH; j++) sum[i][j] = 0;
    }
    for (int k0 = 0; k0 < K; k0 += SIDE) {
        // Neighbouring work-items load neighbouring entries, whichever way the operand lies.
        for (int at = lane; at < SIDE * TILE; at += SIDE * SIDE) {
            const int ak = a_k_first ? at % SIDE : at / TILE, am = a_k_first ? at / SIDE : at % TILE;
            left[ak][am] = m0 + am < M && k0 + ak < K ? a[(m0 + am) * a_m + (k0 + ak) * a_k] : (REAL)0;
            const int bk = b_k_first ? at % SIDE : at / TILE, bn = b_k_first ? at / SIDE : at % TILE;
            right[bk][bn] = n0 + bn < N && k0 + bk < K ? b[(k0 + bk) * b_k + (n0 + bn) * b_n] : (REAL)0;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        #pragma unroll
        for (int k = 0; k < SIDE; k++) {
            REAL up[EACH], across[EACH];
            #pragma unroll
            for (int i = 0; i < EACH; i++) {
                up[i] = left[k][y + i * SIDE];
                across[i] = right[k][x + i * SIDE];
            }
            #pragma unroll
            for (int i = 0; i < EACH; i++) {
                #pragma unroll
                for (int j = 0; j < EACH; j++) sum[i][j] += up[i] * across[j];
            }
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    #pragma unroll
    for (int i = 0; i < EACH; i++) {
        #pragma unroll
        for (int j = 0; j < EACH; j++) {
            const int m = m0 + y + i * SIDE, n = n0 + x + j * SIDE;
            if (m < M && n < N) c[m * c_m + n * c_n] = sum[i][j] + (has_bias ? bias[bias_at + n * bias_n] : (REAL)0);
        }
    }
}
#undef TILE
