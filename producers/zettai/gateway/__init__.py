"""The HTTP side of producers: delivery reports come in here. It needs the extra `gateway`."""
