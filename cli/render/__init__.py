"""The API's JSON as people read it: nothing here prints, and nothing asks the app.

Everything that came over a wire is shown as plain text: no markup and no control characters of
its own, for whoever sends an event chooses what stands in it.
"""
