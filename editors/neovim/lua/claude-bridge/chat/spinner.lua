--- What the session does right now: behind a spinner, in the chat's empty last line.

local namespace = vim.api.nvim_create_namespace('claude-bridge-spinner')
local FRAMES = { '⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏' }
local INTERVAL = 120

---@class claude.Spinner
---@field private buf integer
---@field private words? string
---@field private group string
---@field private since integer
---@field private step integer
---@field private timer? uv.uv_timer_t
local Spinner = {}
Spinner.__index = Spinner

---@param buf integer
---@return claude.Spinner
function Spinner.new(buf)
  return setmetatable({ buf = buf, step = 0, since = 0, group = 'ClaudeSpinner' }, Spinner)
end

---@private
function Spinner:draw()
  if not self.words or not vim.api.nvim_buf_is_valid(self.buf) then
    return
  end
  local seconds = math.floor((vim.uv.now() - self.since) / 1000)
  local said = ('%s %s'):format(FRAMES[self.step % #FRAMES + 1], self.words)
  vim.api.nvim_buf_set_extmark(self.buf, namespace, vim.api.nvim_buf_line_count(self.buf) - 1, 0, {
    id = 1,
    virt_text = { { said, self.group }, { seconds > 1 and (' %d s'):format(seconds) or '', 'ClaudeAside' } },
    virt_text_pos = 'overlay',
  })
end

--- Shows words; the seconds go on from when it began to turn.
---@param words string
---@param group? string
function Spinner:show(words, group)
  self.words, self.group = words, group or 'ClaudeSpinner'
  if not self.timer then
    self.since = vim.uv.now()
    self.timer = assert(vim.uv.new_timer())
    self.timer:start(
      INTERVAL,
      INTERVAL,
      vim.schedule_wrap(function()
        self.step = self.step + 1
        if self.timer and #vim.fn.win_findbuf(self.buf) > 0 then
          self:draw()
        end
      end)
    )
  end
  self:draw()
end

function Spinner:stop()
  self.words = nil
  if self.timer then
    self.timer:close()
    self.timer = nil
  end
  if vim.api.nvim_buf_is_valid(self.buf) then
    vim.api.nvim_buf_clear_namespace(self.buf, namespace, 0, -1)
  end
end

return Spinner
