"""The HTTP gateway: the API for programs in other languages, and the delivery report endpoint.

It needs the extra `gateway`.
"""
