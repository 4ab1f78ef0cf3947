"""From a document, or a golden Dockerfile, to a pack, and back."""
