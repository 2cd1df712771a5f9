"""Clips for coaching: choose the moments worth hearing, cut them around their evidence, mask them, show them on a page."""
