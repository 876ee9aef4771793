"""What else torch.nn's modules have: the names that are there although nothing is known of what they hold or do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..shapes.unknown import Unknown
from .values import Instance, Tensor, Value

if TYPE_CHECKING:
    from .run import Run

# Of every nn.Module.
_DATA = frozenset(
    {"_backward_hooks", "_backward_pre_hooks", "_forward_hooks", "_forward_hooks_always_called",
     "_forward_hooks_with_kwargs", "_forward_pre_hooks", "_forward_pre_hooks_with_kwargs", "_is_full_backward_hook",
     "_load_state_dict_post_hooks", "_load_state_dict_pre_hooks", "_non_persistent_buffers_set", "_state_dict_hooks",
     "_state_dict_pre_hooks", "_buffers", "_modules", "_parameters", "_version", "_compiled_call_impl",
     "call_super_init", "dump_patches", "T_destination"}
)  # fmt: skip
_METHODS = frozenset(
    {"load_state_dict", "zero_grad", "register_full_backward_hook", "register_backward_hook",
     "register_full_backward_pre_hook", "register_load_state_dict_pre_hook", "register_load_state_dict_post_hook",
     "register_state_dict_pre_hook", "register_state_dict_post_hook", "_register_load_state_dict_pre_hook",
     "_register_state_dict_hook", "extra_repr", "get_submodule", "set_submodule", "get_parameter", "get_buffer",
     "get_extra_state", "set_extra_state", "_load_from_state_dict", "_save_to_state_dict", "_apply", "_call_impl",
     "_wrapped_call_impl", "_slow_forward", "_named_members", "_get_backward_hooks", "_get_backward_pre_hooks",
     "_maybe_warn_non_full_backward_hook", "_replicate_for_data_parallel", "reset_parameters", "flatten_parameters",
     "_init_weights"}
)  # fmt: skip

# Of some of its layers.
_LAYER_DATA = frozenset(
    {"_all_weights", "_flat_weight_refs", "_flat_weights", "_flat_weights_names", "all_weights", "cls_to_become",
     "_reversed_padding_repeated_twice"}
)  # fmt: skip
_LAYER_METHODS = frozenset(
    {"_apply_instance_norm", "_check_input_dim", "_check_non_zero_input_channels", "_conv_forward", "_ff_block",
     "_fill_padding_idx_with_zero", "_get_full_log_prob", "_get_in_channels", "_get_no_batch_dim",
     "_get_num_spatial_dims", "_handle_no_batch_input", "_infer_parameters", "_init_flat_weights", "_initialize_hook",
     "_lazy_load_hook", "_load_hook", "_mha_block", "_output_padding", "_reset_parameters", "_sa_block",
     "_require_tuple_int", "_update_flat_weights", "_weights_have_changed", "check_forward_args", "check_hidden_size",
     "check_input", "convert_sync_batchnorm", "from_pretrained", "generate_square_subsequent_mask",
     "get_expected_cell_size", "get_expected_hidden_size", "has_uninitialized_params", "initialize_parameters",
     "log_prob", "merge_masks", "permute_hidden", "predict", "reset_running_stats"}
)  # fmt: skip


def is_method(name: str, *, of_layer: bool) -> bool:
    """Whether nn.Module, or one of torch's layers, has a method of which nothing but that is known."""
    return name in _METHODS or (of_layer and name in _LAYER_METHODS)


def is_data(name: str, *, of_layer: bool) -> bool:
    """Whether nn.Module, or one of torch's layers, keeps something under this name for its own use."""
    return name in _DATA or (of_layer and name in _LAYER_DATA)


def data(run: Run, instance: Instance, name: str) -> Value:
    """What a module keeps under such a name."""
    if name != "_parameters":
        return Unknown(f"{name} of a module")
    if run.constructing:  # it may be filled by hand
        instance.complete = False
    if not instance.complete:
        return Unknown("the parameters of a module that is not wholly known")
    return {key: value for key, value in instance.attrs.items() if isinstance(value, Tensor) and value.type.parameter}
