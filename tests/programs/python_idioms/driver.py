"""Calls every idiom at the sizes of the command line."""

import sys
import torch
import idioms as t
kw = {k: int(v) for k, v in (w.split("=") for w in sys.argv[1:])}
N, M = kw["N"], kw["M"]
torch.manual_seed(0)
x = torch.rand(N, M)
def go(f, *a, **k):
    try:
        f(*a, **k)
    except Exception as e:
        print(f, type(e), e)
for name in "shuffle_list shallow_copy sorted_by try_except outputs generator while_loop inplace closure_counter protocol with_swallow finally_order loop_else dict_ops walrus deco match_shape call_star zip_enumerate chunked ternary branch_objects cond_attr aug slices numbers deque_use itertools_use unknown_mut nested_list_comp del_and_global isin".split():
    go(getattr(t, name), x)
go(t.try_unknown, x, {})
go(t.early_return, x, 4)
go(t.early_return, x, 2)
m = t.Lazy()
m(x); m(x)
net = t.Mutable(3)
net(torch.rand(N, 3, 16, 16))
go(t.while_grow, x, 10)
go(t.swap, x, x)
go(t.match_stmt, x, "avg")
go(t.match_stmt, x, "sum")
go(t.recursion, x, 3)
go(t.string_dispatch, x, "exp")
go(t.isin, x, [x, x])
go(t.isin, x, 3.0)
