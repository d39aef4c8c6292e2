"""The command `top`: reads snapshots from Redis and draws them."""
