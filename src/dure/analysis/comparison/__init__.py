"""Is one variant better than another?"""
