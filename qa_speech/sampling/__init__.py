"""Which calls a person hears, drawn with known chances; and what their marks say of all the others."""
