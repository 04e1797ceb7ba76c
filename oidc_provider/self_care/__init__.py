"""What « Mon compte » says of partners: the person's services, and what they did there.

accounts owns the rest of these pages and knows no partner: this wing stands above all others.
"""
