"""The form of a row and its inlines: what was shown, what was typed, what is stored by now."""
