-- The figures of the README: `./test --measure [startup|deltas|opening]`. In a real terminal under tmux, with what
-- CLAUDE_BRIDGE_BIN names. A clock also counts what other programs did meanwhile; the processor's time does not.

local here = vim.fs.dirname(vim.uv.fs_realpath(arg[0]))
local shared = '/usr/share/lua/5.1/'
package.path =
  table.concat({ vim.fs.joinpath(here, '?.lua'), shared .. '?.lua', shared .. '?/init.lua', package.path }, ';')

local editors = require('support.editor')
local terminals = require('support.terminal')

local RATE, SECONDS = 2000, 5
local MESSAGES = 5000

---@param numbers number[]
---@return string
local function spread(numbers)
  table.sort(numbers)
  local function at(part)
    return numbers[math.max(1, math.ceil(#numbers * part))]
  end
  local over = #vim.tbl_filter(function(number)
    return number > 16
  end, numbers)
  local shown = 'median %.1f, 99 %% %.1f, 99.9 %% %.1f, most %.1f ms; %d of %d over 16 ms'
  return shown:format(at(0.5), at(0.99), at(0.999), at(1), over, #numbers)
end

---@param clock { late: number[], busy: number[] }
local function report(clock)
  print('  by the clock, a timer is late:         ' .. spread(clock.late))
  print("  by the processor, Neovim's own work:   " .. spread(clock.busy))
end

--- Waits for what a measured Neovim tells.
local function told(home, name)
  local path = home .. '/' .. name
  assert(
    vim.wait(300000, function()
      return vim.uv.fs_stat(path) ~= nil
    end, 50),
    name .. ' was not told'
  )
  return vim.json.decode(table.concat(vim.fn.readfile(path)))
end

local function startup()
  local home = editors.home()
  local log = home .. '/startup'
  local best
  for _ = 1, 10 do
    vim.fn.delete(log)
    local command = { vim.v.progpath, '--headless', '--clean', '-u', editors.root .. '/tests/support/plain.lua' }
    vim.list_extend(command, { '--startuptime', log, '-c', 'qall!' })
    vim.system(command, { env = editors.environment(home, {}) }):wait()
    local took = table.concat(vim.fn.readfile(log), '\n'):match('([%d.]+): sourcing [^\n]*plugin/claude%-bridge%.lua')
    best = math.min(best or math.huge, tonumber(took) --[[@as number]])
  end
  print(('start of the plugin: %.2f ms'):format(best))
end

local function deltas()
  local home = editors.home()
  local terminal = terminals.start({
    home = home,
    columns = 160,
    rows = 48,
    init = 'measure_init.lua',
    plugin = { cmd = editors.paced() },
  })
  terminal:sees('~')
  terminal:type(':Claude hello', 'Enter')
  terminal:sees('something to')
  terminal:type(':lua measure.start()', 'Enter')
  terminal:type((':Claude pace %d %d'):format(RATE * SECONDS, RATE), 'Enter')
  terminal:type((':lua measure.tell_after(%d)'):format(RATE * SECONDS), 'Enter')
  local clock = told(home, 'deltas')
  print(('%d deltas a second, for %d s'):format(RATE, SECONDS))
  report(clock)
  print('  of that, putting them into the buffer: ' .. spread(clock.frames))
  print('  of that, drawing the screen:           ' .. spread(clock.redraws))
end

--- A session of so many messages, made by an editor of its own.
local function long_session(home)
  local editor = editors.start({ home = home, plugin = { cmd = editors.paced() } })
  editor:cmd('Claude first')
  editor:wait('test.is_idle()')
  editor:lua(
    [[
      local turns = ...
      local id = test.chat().session.id
      local client = require('claude-bridge.client')
      local left = turns
      local function say()
        if left == 0 then test.done = true return end
        left = left - 1
        client.request('message/send', { sessionId = id, content = 'message ' .. left }, say)
      end
      say()
    ]],
    MESSAGES / 2 - 1
  )
  assert(vim.wait(600000, function()
    return editor:lua('return test.done == true')
  end, 200))
  local id = editor:lua('return test.chat().session.id')
  editor:stop()
  return id
end

local function opening()
  local home = editors.home()
  local id = long_session(home)
  local shown, all, lines, late, busy = {}, {}, 0, {}, {}
  for _ = 1, 5 do
    vim.fn.delete(home .. '/opened')
    local terminal = terminals.start({
      home = home,
      columns = 160,
      rows = 48,
      init = 'measure_init.lua',
      plugin = { cmd = editors.paced() },
    })
    terminal:sees('~')
    terminal:type((':lua measure.open("%s")'):format(id), 'Enter')
    local result = told(home, 'opened')
    table.insert(shown, result.shown)
    table.insert(all, result.all)
    lines = result.lines
    vim.list_extend(late, result.late)
    vim.list_extend(busy, result.busy)
    terminal:type(':qall!', 'Enter')
    terminals.stop_all()
  end
  table.sort(shown)
  table.sort(all)
  print(('a chat of %d messages (%d lines), the median of five'):format(MESSAGES, lines))
  print(('  its end is shown after   %.0f ms'):format(shown[3]))
  print(('  all of it is there after %.0f ms'):format(all[3]))
  report({ late = late, busy = busy })
end

local measures = { startup = startup, deltas = deltas, opening = opening }
local wanted = arg[1] and { arg[1] } or { 'startup', 'deltas', 'opening' }
for _, name in ipairs(wanted) do
  local measure = assert(measures[name], 'there is no measure ' .. name)
  local ok, problem = xpcall(measure, debug.traceback)
  terminals.stop_all()
  editors.stop_all()
  assert(ok, problem)
end
print(vim.trim(vim.system({ 'uptime' }, { text = true }):wait().stdout))
