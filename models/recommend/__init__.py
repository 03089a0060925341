"""Recommenders: factors with exact reasons, neighbours, a neural ranker, and what makes a diverse shelf of them."""
