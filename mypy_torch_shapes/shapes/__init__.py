"""The language every other part speaks: symbolic dims, dtypes and Tensor[dtype, dims]."""
