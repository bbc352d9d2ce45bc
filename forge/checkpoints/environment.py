"""What the numbers of a run depend on beside its state: versions, device, flags."""

import os
import platform
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final


#: Libraries whose version may change a number in the last digit.
_LIBRARIES: Final = (
    "numpy",
    "tensorflow",
    "keras",
    "torch",
    "jax",
    "jaxlib",
    "flax",
    "optax",
    "equinox",
    "sklearn",
)
#: Variables that choose between algorithms.
_VARIABLES: Final = (
    "PYTHONHASHSEED",
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_DETERMINISTIC_OPS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_CBWR",
    "XLA_FLAGS",
    "CUBLAS_WORKSPACE_CONFIG",
)


def environment() -> dict[str, str]:
    """Describe what the numbers depend on; nothing is imported or started for it.

    Returns:
        Texts by name: versions, processor, threads, flags.
    """
    found = {"python": platform.python_version(), "device": _processor()}
    found["threads"] = str(_processors())
    for name in _LIBRARIES:
        version = getattr(sys.modules.get(name), "__version__", None)
        if version is not None:
            found[name] = str(version)
    found |= {name: os.environ[name] for name in _VARIABLES if name in os.environ}
    for name, ask in _FLAGS.items():
        if name in sys.modules:
            # A flag that this version does not have cannot differ either.
            found |= _asked(ask, sys.modules[name])
    return found


def differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Say what differs between the environments of two sessions.

    Args:
        then: The one that saved.
        now: The one that goes on.

    Returns:
        A few words for each difference. A library that is not imported yet is none.
    """
    names = [*then, *(name for name in now if name in _VARIABLES and name not in then)]
    return [
        f"{name} was {then.get(name, 'not set')}, and is {now.get(name, 'not set')}"
        for name in names
        if then.get(name) != now.get(name)
        and (name in now or name in _VARIABLES or not _imported_later(name))
    ]


def hindrances() -> list[str]:
    """Say what keeps this process from repeating numbers bit for bit.

    Returns:
        A few words each; nothing where everything is deterministic.
    """
    found = []
    torch: Any = sys.modules.get("torch")
    on_gpu = torch is not None and torch.cuda.is_initialized()
    if on_gpu and not torch.are_deterministic_algorithms_enabled():
        found.append("PyTorch uses a GPU without deterministic algorithms")
    context = _tensorflow_context()
    if context is not None and _has_gpu(context) and not _is_deterministic():
        found.append("TensorFlow uses a GPU without deterministic operations")
    if "gpu" in _jax_platforms() or "cuda" in _jax_platforms():
        found.append("JAX uses a GPU")
    return found


def _torch_flags(torch: Any) -> dict[str, str]:
    """The settings of PyTorch."""
    cudnn = torch.backends.cudnn
    return {
        "torch threads": str(torch.get_num_threads()),
        "torch deterministic algorithms": str(
            torch.are_deterministic_algorithms_enabled()
        ),
        "torch cudnn": f"deterministic={cudnn.deterministic} {cudnn.benchmark=!s}",
        "torch precision": (
            f"{torch.get_default_dtype()} {torch.get_float32_matmul_precision()}"
        ),
        "torch device": (
            torch.cuda.get_device_name() if torch.cuda.is_initialized() else "cpu"
        ),
    }


def _tensorflow_flags(tensorflow: Any) -> dict[str, str]:
    """The settings of TensorFlow, once it has begun to compute."""
    context = _tensorflow_context()
    if context is None:
        return {}
    threading = tensorflow.config.threading
    return {
        "tensorflow threads": (
            f"{threading.get_intra_op_parallelism_threads()} "
            f"{threading.get_inter_op_parallelism_threads()}"
        ),
        "tensorflow determinism": str(_is_deterministic()),
        "tensorflow devices": ", ".join(
            device.device_type for device in tensorflow.config.list_logical_devices()
        ),
    }


def _keras_flags(keras: Any) -> dict[str, str]:
    """The settings of Keras."""
    return {
        "keras backend": str(keras.config.backend()),
        "keras precision": str(keras.config.dtype_policy().name),
    }


def _jax_flags(jax: Any) -> dict[str, str]:
    """The settings of JAX."""
    config = jax.config
    return {
        "jax x64": str(config.jax_enable_x64),
        "jax precision": str(config.jax_default_matmul_precision),
        "jax generator": (
            f"{config.jax_default_prng_impl} {config.jax_threefry_partitionable}"
        ),
        "jax devices": ", ".join(_jax_platforms()),
    }


_FLAGS: Final[Mapping[str, Callable[[Any], dict[str, str]]]] = {
    "torch": _torch_flags,
    "tensorflow": _tensorflow_flags,
    "keras": _keras_flags,
    "jax": _jax_flags,
}


def _asked(ask: Callable[[Any], dict[str, str]], module: Any) -> dict[str, str]:
    """Ask for settings that another version may not have."""
    try:
        return ask(module)
    except (AttributeError, RuntimeError, ImportError):
        return {}


def _imported_later(name: str) -> bool:
    """Tell whether a setting is that of a library which may still be imported."""
    return name.partition(" ")[0] not in sys.modules


def _tensorflow_context() -> Any:
    """TensorFlow's context, if it has begun to compute: asking would start it."""
    module = sys.modules.get("tensorflow.python.eager.context")
    context = None if module is None else module.context()
    return context if getattr(context, "_initialized", False) else None


def _is_deterministic() -> bool:
    """Tell whether TensorFlow's operations were made deterministic."""
    # There is a public function to say so, and none to ask.
    module = sys.modules.get("tensorflow.python.framework.config")
    ask = getattr(module, "is_op_determinism_enabled", None)
    return bool(ask()) if ask is not None else False


def _has_gpu(context: Any) -> bool:
    """Tell whether TensorFlow has taken a graphics processor."""
    return any("GPU" in name for name in context.devices())


def _jax_platforms() -> list[str]:
    """The platforms that JAX has started; asking it would start them."""
    bridge = sys.modules.get("jax._src.xla_bridge")
    return sorted(getattr(bridge, "_backends", None) or ())


@cache
def _processor() -> str:
    """Name the processor: libraries choose their code by it."""
    try:
        text = Path("/proc/cpuinfo").read_bytes()[:4096].decode("ascii", "replace")
    except OSError:
        text = ""
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return f"{platform.machine()} {value.strip()}"
    return f"{platform.machine()} {platform.processor()}".strip()


def _processors() -> int:
    """Count the processors that libraries divide sums between."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
