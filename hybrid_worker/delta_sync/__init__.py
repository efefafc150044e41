"""Delta sync cycles of Entra Connect: many changes, one cycle, never two at once."""
