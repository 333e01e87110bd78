"""Lets wheels carry templates/ inside the package ``bot``, where bot/templates.py finds them."""

from setuptools import find_namespace_packages, setup

packages = find_namespace_packages(include=["bot*", "webhooks*"], exclude=["*node_modules*"])

setup(
    packages=[*packages, "bot._templates"],
    package_dir={"bot._templates": "templates"},
    package_data={"": ["*.json", "*.mjs", "*.mako", "*.css", "*.js"], "bot._templates": ["*/*"]},
)
