"""A stand-in for the Entra Connect host: delta syncs by PSRP, and password writeback."""
