// A work-item for every `rows` rows of every `columns` columns. It computes with vectors as it is: the hint keeps the
// compiler from another version that computes several work-items beside each other. STACKED: the third axis counts the
// products of a stack, whose second axis is `inner` long.
__attribute__((vec_type_hint(REALV), reqd_work_group_size(1, 1, 1)))
__kernel void NAME(
    const int M, const int N, const int K, const int rows, const int columns,
    __global REAL *c, const int c_at, const int c_m, const int c_n,
    __global const REAL *a, const int a_at, const int a_m, const int a_k,
    __global const REAL *b, const int b_at, const int b_k, const int b_n,
    const int has_bias, __global const REAL *bias, const int bias_at, const int bias_n
#if STACKED
    , const int inner, const int c_0, const int c_1, const int a_0, const int a_1, const int b_0, const int b_1
#endif
    )
{
    const int m0 = get_global_id(0) * rows, n0 = get_global_id(1) * columns;
#if STACKED
    const int s_0 = get_global_id(2) / inner, s_1 = get_global_id(2) % inner;
    a += s_0 * a_0 + s_1 * a_1;
    b += s_0 * b_0 + s_1 * b_1;
    c += s_0 * c_0 + s_1 * c_1;
#endif
    NAME_block(
        m0, min(m0 + rows, M), n0, min(n0 + columns, N), K, c, c_at, c_m, c_n, a, a_at, a_m, a_k, b, b_at, b_k, b_n, has_bias,
        bias, bias_at, bias_n);
}
