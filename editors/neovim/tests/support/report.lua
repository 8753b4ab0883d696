-- What busted prints: a line a test with the time it took, what failed in full, and the count at the end.

return function()
  local busted = require('busted')
  local handler = require('busted.outputHandlers.base')()
  local began = {}

  local function print_line(...)
    io.stdout:write(string.format(...), '\n')
    io.stdout:flush()
  end

  handler.testStart = function(element)
    began[element] = vim.uv.hrtime()
    return nil, true
  end

  handler.testEnd = function(element, _, status)
    local took = (vim.uv.hrtime() - began[element]) / 1e6
    print_line('%-7s %5d ms  %s', status == 'success' and 'ok' or status, took, handler.getFullName(element))
    return nil, true
  end

  local function explain(_, _, message, trace)
    local words = type(message) == 'string' and message or vim.inspect(message)
    print_line('        %s', (words:gsub('\n', '\n        ')))
    if type(trace) == 'table' and trace.traceback then
      print_line('        %s', (trace.traceback:gsub('\n', '\n        ')))
    end
    return nil, true
  end

  handler.suiteEnd = function()
    local failed = handler.failuresCount + handler.errorsCount + handler.pendingsCount
    print_line('%d passed, %d failed', handler.successesCount, failed)
    return nil, true
  end

  busted.subscribe({ 'test', 'start' }, handler.testStart)
  busted.subscribe({ 'test', 'end' }, handler.testEnd)
  busted.subscribe({ 'failure' }, explain)
  busted.subscribe({ 'error' }, explain)
  busted.subscribe({ 'suite', 'end' }, handler.suiteEnd)
  return handler
end
