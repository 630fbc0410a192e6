"""Model files that Keras 1 and 2 wrote, as models of Keras 3.

`record` reads what a file holds, `configs` and `graphs` write its configuration in Keras 3's
words, `names` says which words are which, `weights` and `layouts` bring the numbers over,
`compiling` the loss and metrics, `opening` puts them together.
"""
