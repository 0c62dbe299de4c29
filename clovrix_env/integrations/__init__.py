"""Connects the frameworks of a program: one module for each, which nothing else imports."""
