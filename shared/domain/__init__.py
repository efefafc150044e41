"""Pure decisions and their words: standard library only, no clock, no input or output."""
