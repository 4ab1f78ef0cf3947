"""Tables of dated facts, such as releases and GPUs, and version arithmetic."""
