"""The ZIP container of every app format: read strictly, written surgically."""
