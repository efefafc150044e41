"""A tenant, a domain, a Connect host, a Service Bus and a Functions host on one machine."""
