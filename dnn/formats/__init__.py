"""Models as files: the project's own .npz, safetensors and ONNX."""
