"""What a Connect host and a Cloud Sync agent share: reading AD, exporting, password writeback."""
