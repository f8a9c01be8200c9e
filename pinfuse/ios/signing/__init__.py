"""Apple's code signatures: blobs read and built."""
