"""A development host for Azure Functions (Python v2 model), for machines without Core Tools.

The listeners are ours; everything from the trigger's data inwards (indexing, binding, calling) is
``azure-functions-runtime``, the library that the Python worker loads in Azure.
"""
