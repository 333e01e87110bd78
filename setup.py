"""Lets wheels carry templates/ inside the package ``bot``, where bot/templates.py finds them."""

from setuptools import find_namespace_packages, setup

SKIPPED = ["*node_modules*", "*__pycache__*"]
packages = find_namespace_packages(include=["bot*", "webhooks*"], exclude=SKIPPED)

setup(packages=[*packages, "bot._templates"], package_dir={"bot._templates": "templates"})
