"""What all kernels share: nothing here knows a formula."""
