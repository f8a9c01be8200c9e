"""Which TLS stacks there are, how one is recognised, and how its sessions reach a layer; tables and pure detectors."""
