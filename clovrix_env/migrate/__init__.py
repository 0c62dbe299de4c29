"""Examines a project that uses another library: what it becomes with clovrix-env"""
