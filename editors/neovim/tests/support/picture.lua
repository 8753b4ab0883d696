--- Draws a terminal's screen, with its colours, as an SVG.
local M = {}

local SIZE, ADVANCE, LEADING, MARGIN, BAR = 14, 8.43, 19, 16, 34
local BACKGROUND, FOREGROUND = '#14161b', '#e0e2ea'
local FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
local BUTTONS = { '#f38ba8', '#f9e2af', '#a6e3a1' }
local FLAGS = { [1] = 'bold', [2] = 'dim', [3] = 'italic', [4] = 'underline', [7] = 'reverse' }

--- Spaces become such as no viewer takes together.
---@param text string
---@return string
local function escaped(text)
  return (text:gsub('[&<> ]', { ['&'] = '&amp;', ['<'] = '&lt;', ['>'] = '&gt;', [' '] = '\u{a0}' }))
end

--- The style after a sequence that selects one.
---@param style table
---@param codes integer[]
---@return table
local function selected(style, codes)
  style = vim.deepcopy(style)
  local at = 1
  while at <= #codes do
    local code = codes[at]
    if code == 0 then
      style = {}
    elseif FLAGS[code] then
      style[FLAGS[code]] = true
    elseif code == 22 then
      style.bold, style.dim = nil, nil
    elseif code == 23 or code == 24 or code == 27 then
      style[FLAGS[code - 20]] = nil
    elseif code == 39 then
      style.fg = nil
    elseif code == 49 then
      style.bg = nil
    elseif (code == 38 or code == 48) and codes[at + 1] == 2 then
      style[code == 38 and 'fg' or 'bg'] = ('#%02x%02x%02x'):format(codes[at + 2], codes[at + 3], codes[at + 4])
      at = at + 4
    end
    at = at + 1
  end
  return style
end

--- A line as pieces of one style: column, text, style.
---@param line string
---@param style table
---@return table[] pieces
---@return table style At its end.
local function pieces(line, style)
  local found, column, at = {}, 0, 1
  while at <= #line do
    local codes, stop = line:match('^\27%[([%d;]*)m()', at)
    if codes then
      style = selected(style, vim.tbl_map(tonumber, vim.split(codes == '' and '0' or codes, ';')))
      at = stop
    else
      local text
      text, at = line:match('^([^\27]+)()', at)
      if not text then
        break
      end
      table.insert(found, { column = column, text = text, style = style })
      column = column + vim.fn.strdisplaywidth(text)
    end
  end
  return found, style
end

---@param piece table
---@param top number
---@return string
local function drawn(piece, top)
  local style, parts = piece.style, {}
  local fg, bg = style.fg or FOREGROUND, style.bg
  if style.reverse then
    fg, bg = bg or BACKGROUND, fg
  end
  local x, width = MARGIN + piece.column * ADVANCE, vim.fn.strdisplaywidth(piece.text) * ADVANCE
  if bg and bg ~= BACKGROUND then
    local box = '<rect x="%.2f" y="%d" width="%.2f" height="%d" fill="%s"/>'
    table.insert(parts, box:format(x, top, width, LEADING, bg))
  end
  if piece.text:match('%S') then
    local attributes = (style.bold and ' font-weight="bold"' or '')
      .. (style.italic and ' font-style="italic"' or '')
      .. (style.underline and ' text-decoration="underline"' or '')
    table.insert(
      parts,
      ('<text x="%.2f" y="%d" textLength="%.2f" fill="%s"%s>%s</text>'):format(
        x,
        top + 14,
        width,
        fg,
        attributes,
        escaped(piece.text)
      )
    )
  end
  return table.concat(parts)
end

--- Draws a screen.
---@param screen string With its escape sequences.
---@param columns integer
---@return string
function M.svg(screen, columns)
  local lines = vim.split((screen:gsub('\n$', '')), '\n')
  local width, height = columns * ADVANCE + 2 * MARGIN, BAR + #lines * LEADING + MARGIN
  local size = ('width="%d" height="%d" viewBox="0 0 %d %d"'):format(width, height, width, height)
  local parts = {
    ('<svg xmlns="http://www.w3.org/2000/svg" %s role="img" aria-label="Neovim">'):format(size),
    ('<rect width="%d" height="%d" rx="10" fill="%s"/>'):format(width, height, BACKGROUND),
  }
  for index, colour in ipairs(BUTTONS) do
    table.insert(parts, ('<circle cx="%d" cy="17" r="6" fill="%s"/>'):format(MARGIN + 20 * index - 14, colour))
  end
  table.insert(parts, ('<g font-family="%s" font-size="%d">'):format(FONT, SIZE))
  local style = {}
  for number, line in ipairs(lines) do
    local found
    found, style = pieces(line, style)
    for _, piece in ipairs(found) do
      table.insert(parts, drawn(piece, BAR + (number - 1) * LEADING))
    end
  end
  return table.concat(parts, '\n') .. '\n</g>\n</svg>\n'
end

return M
