"""The store in PostgreSQL, with psycopg, which only this folder imports."""
