// A work-item for every `rows` rows of every `columns` columns. It computes with vectors as it is: the hint keeps the
// compiler from another version that computes several work-items beside each other.
__attribute__((vec_type_hint(REALV), reqd_work_group_size(1, 1, 1)))
__kernel void NAME(
    const int M, const int N, const int K, const int rows, const int columns,
    __global REAL *c, const int c_at, const int c_m, const int c_n,
    __global const REAL *a, const int a_at, const int a_m, const int a_k,
    __global const REAL *b, const int b_at, const int b_k, const int b_n,
    const int has_bias, __global const REAL *bias, const int bias_at, const int bias_n)
{
    const int m0 = get_global_id(0) * rows, n0 = get_global_id(1) * columns;
    NAME_block(
        m0, min(m0 + rows, M), n0, min(n0 + columns, N), K, c, c_at, c_m, c_n, a, a_at, a_m, a_k, b, b_at, b_k, b_n, has_bias,
        bias, bias_at, bias_n);
}
