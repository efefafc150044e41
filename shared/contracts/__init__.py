"""What crosses a wire, as versioned models that both sides read and write."""
