"""Looking inside a Keras model: functions of (model, data) that return named-axis arrays.

Nothing here prints or draws. Any Keras 3 model will do, whether Dure trained it or not: layers are
watched by exchanging `call` on the instance while a program is traced, so functional, nested and
subclassed models are all seen alike.
"""
