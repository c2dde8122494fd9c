"""What every service needs around its own subject: strict requests, pages, versions, problems, clock, health, serving.

No domain word inside.
"""
