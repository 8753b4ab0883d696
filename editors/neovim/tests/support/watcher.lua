--- A second screen of a Neovim under test: what its own user interface is told to draw, event by event. So a test sees
--- what a person would see for a sixtieth of a second only.
local DEADLINE = 30000

---@class Cell
---@field text string
---@field look integer

---@class Watcher
---@field grid Cell[][] By row and column, from 1.
---@field cursor [integer, integer]
---@field clears integer How often all was cleared.
---@field drawn table<integer, integer> In this frame: up to which column each row was drawn.
---@field on_frame? fun() Called whenever what was drawn is complete.
---@field private pipe uv.uv_pipe_t
local Watcher = {}
Watcher.__index = Watcher

local M = {}

---@type table<string, fun(watcher: Watcher, ...: any)>
local draw = {
  grid_resize = function(watcher, _, width, height)
    watcher.grid = {}
    for row = 1, height do
      watcher.grid[row] = {}
      for column = 1, width do
        watcher.grid[row][column] = { text = ' ', look = 0 }
      end
    end
  end,
  grid_clear = function(watcher)
    watcher.clears = watcher.clears + 1
    for _, row in ipairs(watcher.grid) do
      for column in ipairs(row) do
        row[column] = { text = ' ', look = 0 }
      end
    end
  end,
  grid_line = function(watcher, _, row, column, cells)
    local at, look = column + 1, 0
    for _, cell in ipairs(cells) do
      look = cell[2] or look
      for _ = 1, cell[3] or 1 do
        watcher.grid[row + 1][at] = { text = cell[1], look = look }
        at = at + 1
      end
    end
    watcher.drawn[row + 1] = math.max(watcher.drawn[row + 1] or 0, at - 1)
  end,
  grid_scroll = function(watcher, _, top, bottom, left, right, rows)
    local from, to, step = top + 1, bottom - rows, 1
    if rows < 0 then
      from, to, step = bottom, top + 1 - rows, -1
    end
    for row = from, to, step do
      for column = left + 1, right do
        watcher.grid[row][column] = watcher.grid[row + rows][column]
      end
    end
  end,
  grid_cursor_goto = function(watcher, _, row, column)
    watcher.cursor = { row, column }
  end,
  flush = function(watcher)
    if watcher.on_frame then
      watcher.on_frame()
    end
    watcher.drawn = {}
  end,
}

---@private
---@param message any
function Watcher:receive(message)
  if message[1] ~= 2 or message[2] ~= 'redraw' then
    return
  end
  for _, event in ipairs(message[3]) do
    local act = draw[event[1]]
    for index = 2, act and #event or 0 do
      act(self, unpack(event[index]))
    end
  end
end

---@private
function Watcher:listen()
  local unpacker = vim.mpack.Unpacker()
  local rest = ''
  self.pipe:read_start(function(_, data)
    rest = rest .. (data or '')
    local at = 1
    while at <= #rest do
      local message, next_at = unpacker(rest, at)
      at = next_at
      if message ~= nil then
        self:receive(message)
      end
    end
    rest = ''
  end)
end

--- Looks at an editor's screen.
---@param editor Editor
---@param columns integer
---@param rows integer
---@return Watcher
function M.attach(editor, columns, rows)
  local self = setmetatable({ grid = {}, cursor = { 0, 0 }, clears = 0, drawn = {} }, Watcher)
  self.pipe = assert(vim.uv.new_pipe())
  local connected = false
  self.pipe:connect(editor:lua('return vim.v.servername'), function(problem)
    assert(not problem, problem)
    connected = true
  end)
  assert(vim.wait(DEADLINE, function()
    return connected
  end, 1))
  self:listen()
  local options = { ext_linegrid = true, rgb = true }
  self.pipe:write(vim.mpack.encode({ 0, 1, 'nvim_ui_attach', { columns, rows, options } }))
  self:await(function()
    return #self.grid == rows
  end)
  return self
end

--- Waits until a frame for which something is true.
---@param is_so fun(): boolean
function Watcher:await(is_so)
  local came = false
  self.on_frame = function()
    came = came or is_so()
  end
  assert(
    vim.wait(DEADLINE, function()
      return came
    end, 1),
    'it did not come on the screen'
  )
  self.on_frame = nil
end

function Watcher:close()
  self.pipe:close()
end

return M
