"""Names of operations: the paths that a short name stands for, and in-place methods with more than values to change."""

from __future__ import annotations

# In-place methods that change the shape of their tensor.
RESHAPING = frozenset(
    {"unsqueeze_", "squeeze_", "transpose_", "t_", "swapaxes_", "swapdims_", "resize_", "resize_as_", "as_strided_",
     "addbmm_"}
)  # fmt: skip
# In-place methods that give their tensor the type of another one.
MOVING = frozenset({"set_", "swap_", "sparse_resize_", "sparse_resize_and_clear_"})


def paths(name: str) -> list[str]:
    """The full paths of a name as rules give them: "F.relu", ".view", "add" (a function and a method), or in full."""
    if name.startswith("F."):
        return ["torch.nn.functional." + name[2:]]
    if name.startswith("."):
        return ["torch.Tensor" + name]
    if "." in name:
        return [name]
    return [f"torch.{name}", f"torch.Tensor.{name}"]
