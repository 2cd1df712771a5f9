"""What people decided: marks, never changed and never removed; which of them count; sheets in and out; agreement."""
