"""What both sides of the product share: the decisions, the contracts and the cloud's use cases."""
