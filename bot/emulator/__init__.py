"""A real stateful GitHub on this machine, for the demo and the journeys. Nothing else imports it.

``start_emulator`` runs the npm package ``emulate``; ``Relay`` stands between its webhooks and
plansync, ``Front`` between plansync and its API; ``Person`` is somebody who works there.
"""
