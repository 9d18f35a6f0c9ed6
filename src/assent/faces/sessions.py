"""Opens ONNX graphs (onnx.ai, IR 9, operator set 17) on the processor, from bytes whose digest was checked."""

from __future__ import annotations

from typing import Any, Final

import onnxruntime as ort

from assent.errors import InvalidPack

_LOG_ERRORS_ONLY: Final = 3


def open_session(graph: bytes, *, role: str, threads: int = 1) -> Any:
    """Return an inference session; several Python threads may run it at once, each call on `threads` threads.

    The graph comes as bytes, so it cannot name further files to read. For many photos, one thread a session and
    several Python threads use the machine better than the reverse.

    Raises InvalidPack when ONNX Runtime does not accept the graph; `role` names it in the message.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _LOG_ERRORS_ONLY
    # Idle worker threads would otherwise spin and take the other sessions' time.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's own exception types are not public.
        raise InvalidPack(f"The pack's {role} is not a graph that ONNX Runtime accepts.") from error
