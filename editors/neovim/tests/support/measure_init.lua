-- The configuration of a Neovim that is measured: as in plain.lua, and a clock that shows how long the main loop is
-- held up: a timer that is due every two milliseconds says how late it was, and what of that was work of Neovim's own.
dofile(vim.env.TEST_PLUGIN .. '/tests/support/plain.lua')

local PERIOD = 2

---@return number milliseconds
local function used()
  local usage = vim.uv.getrusage() --[[@as table]]
  return (usage.utime.sec + usage.stime.sec) * 1e3 + (usage.utime.usec + usage.stime.usec) / 1e3
end

_G.measure = {}

function measure.start()
  local timer = assert(vim.uv.new_timer())
  local late, busy = {}, {}
  local last, last_used = vim.uv.hrtime(), used()
  timer:start(PERIOD, PERIOD, function()
    local now, now_used = vim.uv.hrtime(), used()
    table.insert(late, (now - last) / 1e6 - PERIOD)
    table.insert(busy, now_used - last_used)
    last, last_used = now, now_used
  end)
  measure.stop = function()
    timer:close()
    return { late = late, busy = busy }
  end
end

--- How much of the processor's time each call takes.
---@param object table
---@param name string
---@return number[]
local function timed(object, name)
  local took, call = {}, object[name]
  object[name] = function(...)
    local began = used()
    call(...)
    table.insert(took, used() - began)
  end
  return took
end

--- How much each drawing of the screen takes.
---@return number[]
local function redraws()
  local took, began = {}, 0
  vim.api.nvim_set_decoration_provider(vim.api.nvim_create_namespace('measure'), {
    on_start = function()
      began = used()
    end,
    on_end = function()
      table.insert(took, used() - began)
    end,
  })
  return took
end

--- Tells what was measured once the turn is over, of which so many deltas are expected.
---@param deltas integer
function measure.tell_after(deltas)
  local frames = timed(require('claude-bridge.chat.stream'), 'frame')
  local drawn = redraws()
  local timer = assert(vim.uv.new_timer())
  timer:start(
    100,
    100,
    vim.schedule_wrap(function()
      local chat = require('claude-bridge.chat').current()
      if timer:is_closing() or chat.turn or chat.session.state ~= 'idle' or chat.last_seq < deltas then
        return
      end
      timer:close()
      local clock = measure.stop()
      clock.frames, clock.redraws = frames, drawn
      measure.tell('deltas', clock)
    end)
  )
end

--- Writes a result where the test reads it: whole, or not at all.
---@param name string
---@param value any
function measure.tell(name, value)
  local path = vim.env.HOME .. '/' .. name
  vim.fn.writefile({ vim.json.encode(value) }, path .. '.part')
  vim.uv.fs_rename(path .. '.part', path)
end

--- Opens a session, and tells how long it took until its end was on the screen, and until all of it was in the buffer.
---@param id string
function measure.open(id)
  -- The server is up: what is measured is the chat.
  require('claude-bridge.client').ready(function()
    measure.start()
    local began = vim.uv.hrtime()
    local shown
    vim.api.nvim_create_autocmd('User', {
      pattern = 'ClaudeBridgeLoaded',
      once = true,
      callback = function(event)
        local all = (vim.uv.hrtime() - began) / 1e6
        local clock = measure.stop()
        local lines = vim.api.nvim_buf_line_count(event.data.buf)
        measure.tell('opened', { shown = shown, all = all, lines = lines, late = clock.late, busy = clock.busy })
      end,
    })
    local chat = require('claude-bridge.chat').open(id)
    require('claude-bridge.chat.window').open(chat)
    local document = chat.document
    local extend = document.extend
    document.extend = function(...)
      extend(...)
      document.extend = nil
      vim.cmd.redraw()
      shown = (vim.uv.hrtime() - began) / 1e6
    end
  end)
end
