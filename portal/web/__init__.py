"""The edge: guards, errors, forms, headers."""
