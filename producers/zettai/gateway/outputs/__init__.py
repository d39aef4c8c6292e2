"""The bodies of responses, for the OpenAPI document. The values come from `Message.to_dict` and similar methods."""
